import Foundation
import Taximeter
import TaximeterC
import Testing

@Suite struct VersionTests {
    @Test func theLibrarySaysItsVersion() {
        #expect(String(cString: TaximeterC.version()) == taximeterVersion)
    }

    @Test func theHeaderDescribesThisABI() throws {
        let header = URL(filePath: #filePath).appending(path: "../../../Sources/TaximeterC/taximeter.h").standardized
        let text = try String(contentsOf: header, encoding: .utf8)
        #expect(text.contains("#define TAXIMETER_ABI_VERSION \(TaximeterC.abiVersion())\n"))
    }
}
