/// Why a spool cannot do what it was asked to.
public struct SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault. New kinds may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// The spool holds as many bytes as it may: the courier has to ship some first.
        public static let full = Code(description: "full")
        /// The disk is full, or the user's share of it. Goes on by itself once there is room.
        public static let noSpace = Code(description: "no_space")
        /// The system could not read, write or sync.
        public static let inputOutput = Code(description: "input_output")
        /// Another process, or another part of this one, has the spool open.
        public static let locked = Code(description: "locked")
        /// Written in another version of the format.
        public static let otherVersion = Code(description: "other_version")
        /// The folder holds no spool, or one that cannot be told whose it is.
        public static let notASpool = Code(description: "not_a_spool")
        /// A batch has more bytes than a frame may.
        public static let tooLarge = Code(description: "too_large")
        /// The spool was closed.
        public static let closed = Code(description: "closed")
    }

    /// The kind of fault.
    public let code: Code
    /// The file or folder.
    public let path: String
    /// `errno`, where a system call failed.
    public let systemError: Int32?
    /// One line: what is wrong, where, and what was expected.
    public let description: String

    init(_ code: Code, _ path: String, _ description: String) {
        self.code = code
        self.path = path
        self.systemError = nil
        self.description = "spool \(path): \(description)"
    }

    init(_ fault: SystemFault) {
        code = SystemErrors.noSpace.contains(fault.number) ? .noSpace : .inputOutput
        path = fault.path
        systemError = fault.number
        description = "spool \(fault.path): \(fault.call): \(SystemErrors.text(fault.number))"
    }
}
