/// A token as its holder sends it: `tm_ID_SECRET`. The secret has 256 random bits, so that a plain hash is enough to keep
/// it: nobody can try them all.
public struct TokenText: Sendable {
    /// What tells the token from others: 16 hexadecimal digits.
    public let id: String
    /// SHA-256 of the secret, 32 bytes.
    public let hash: [UInt8]

    /// A new token: what is stored of it, and the text that is shown once.
    public static func random() -> (stored: TokenText, text: String) {
        var generator = SystemRandomNumberGenerator()
        let id = hexadecimal(generator.next())
        let secret = (0..<4).map { _ in hexadecimal(generator.next()) }.joined()
        return (TokenText(id: id, secret: secret), "tm_\(id)_\(secret)")
    }

    /// The parts of a text; nil for a text that is no token.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "tm", parts[1].utf8.count == 16, parts[2].utf8.count == 64 else {
            return nil
        }
        self.init(id: String(parts[1]), secret: String(parts[2]))
    }

    private init(id: String, secret: String) {
        self.id = id
        hash = SHA256.hash(Array(secret.utf8))
    }

    /// Whether the secret is the one of which this is the hash, in a time that does not depend on where they differ.
    public func matches(_ stored: [UInt8]) -> Bool {
        guard stored.count == hash.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(hash, stored) { difference |= one ^ other }
        return difference == 0
    }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
