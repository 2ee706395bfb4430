public import Foundation

/// Published traces and figures that are too large for the repository.
public enum TestData {
    /// The folder: `TAXIMETER_TEST_DATA`, else `../shared/data` beside the package, or one level further out. Nil when
    /// there is none; tests that need it are skipped.
    public static let folder: URL? = {
        let root = Fixtures.packageRoot
        let named = ProcessInfo.processInfo.environment["TAXIMETER_TEST_DATA"].map { URL(filePath: $0) }
        let beside = ["../shared/data", "../../shared/data"].map { root.appending(path: $0).standardizedFileURL }
        return (named.map { [$0] } ?? beside).first { FileManager.default.fileExists(atPath: $0.path) }
    }()
}
