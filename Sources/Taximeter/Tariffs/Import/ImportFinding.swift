/// Something that a price map says of a model and a price book of ours cannot express.
public struct ImportFinding: Sendable, Hashable, CustomStringConvertible {
    /// What it means for the model.
    public enum Consequence: String, Sendable, Hashable, CaseIterable {
        /// The model is in the book, without this.
        case inPart = "in part"
        /// The model is not in the book: with what is left, amounts would be wrong, or there is nothing left.
        case notImported = "not imported"
        /// No model is missing anything by it: something about a provider, or about a name of no model.
        case note
    }

    /// The map's file.
    public let file: String
    /// The line in it, from 1.
    public let line: Int
    /// The column in it, from 1.
    public let column: Int
    /// The model by its name in the book, or the provider.
    public let model: String
    /// The field of the map.
    public let field: String
    /// Why it cannot be expressed.
    public let reason: String
    /// What it means for the model.
    public let consequence: Consequence

    /// `file:line:column: model: field: reason (in part)`.
    public var description: String {
        singleLine("\(file):\(line):\(column): \(model): \(field): \(reason) (\(consequence.rawValue))")
    }
}

/// A field that cannot be expressed, while it is not yet known what that means for the model.
struct ImportFault: Error {
    let field: String
    let node: FileNode
    let reason: String

    /// Why a price cannot be held exactly.
    static let tooManyDigits = "has more digits than 18 decimals a token"
    /// Whether that is why.
    var isInexact: Bool { reason == Self.tooManyDigits }
}
