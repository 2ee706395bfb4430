/// Why the sidecar cannot serve.
public struct SidecarError: Error, CustomStringConvertible {
    /// What was wanted, and what the system says: one line.
    public let description: String

    init(_ description: String) { self.description = description }
}
