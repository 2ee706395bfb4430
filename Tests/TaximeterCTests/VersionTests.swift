import CTaximeter
import Foundation
import Taximeter
import Testing

@Suite struct VersionTests {
    @Test func theLibrarySaysItsVersion() {
        #expect(String(cString: taximeter_version()) == taximeterVersion)
        #expect(taximeter_abi_version() == TAXIMETER_ABI_VERSION)
    }

    /// Every code of the header has its name, in its order.
    @Test func codesHaveNames() throws {
        let header = URL(filePath: #filePath).appending(path: "../../../Sources/CTaximeter/taximeter.h").standardized
        let text = try String(contentsOf: header, encoding: .utf8)
        let codes = text.matches(of: /#define TAXIMETER_([A-Z_]+) (\d+)/).filter { $0.1 != "ABI_VERSION" }
        #expect(codes.count == 14)
        for (place, code) in codes.enumerated() {
            #expect(Int(code.2) == place)
            #expect(String(cString: taximeter_code_name(Int32(place))) == code.1.lowercased())
        }
        #expect(String(cString: taximeter_code_name(-1)) == "unknown")
    }
}
