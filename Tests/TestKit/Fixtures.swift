public import Foundation

/// Files of the package that tests read.
public enum Fixtures {
    /// The package's root.
    public static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// `fixtures/` of the package.
    public static let folder = packageRoot.appending(path: "fixtures")
}
