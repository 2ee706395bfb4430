import Testing

@testable import Taximeter

@Suite struct OwnedNodeTests {
    /// FACTS section 5: 7.705479 + 1.326000 + 2.739726 = $11.771205 a node-hour, $1.471401 a GPU-hour; each part alone by
    /// leaving the others out.
    @Test(arguments: [
        ("0.1", "10.2", "0.08", 1, "11.771205"), ("0.1", "10.2", "0.08", 8, "1.471401"),
        ("0.1", "0", "0", 1, "7.705479"),
        ("1", "10.2", "0", 1, "1.326"), ("1", "0", "0.08", 1, "2.739726"), ("0", "0", "0", 1, "8.561644"),
    ])
    func costsByTheHour(_ residual: String, _ kilowatts: String, _ opex: String, _ gpus: Int32, _ cost: String) throws {
        let node = OwnedNode(
            capex: try Factor("300000"), residual: try Factor(residual), years: 4, kilowatts: try Factor(kilowatts),
            pue: try Factor("1.3"), perKilowattHour: try Factor("0.10"), opexPerYear: try Factor(opex))
        let exact = try node.perGPUHour(gpusPerNode: gpus, .usd)
        let millionths = (exact.units + 500_000_000_000) / 1_000_000_000_000
        #expect(DecimalText.text(millionths, decimals: 6) == cost)
        #expect(try OwnedNode(stored: node.definition) == node)
    }

    @Test func refusesWhatCannotBe() throws {
        let node = OwnedNode(capex: try Factor("1"), years: 0)
        #expect(throws: MoneyError.divisionByZero) { try node.perGPUHour(gpusPerNode: 8, .usd) }
        let fine = OwnedNode(capex: try Factor("0.0000001"), years: 1)
        #expect(throws: MoneyError.notWhole(decimals: 6)) { try fine.perGPUHour(gpusPerNode: 8, .usd) }
        let huge = OwnedNode(
            capex: .zero, years: .max, kilowatts: try Factor("1000000000000"), pue: try Factor("1000000000000"),
            perKilowattHour: .one)
        #expect(throws: MoneyError.overflow) { try huge.perGPUHour(gpusPerNode: 8, .usd) }
    }
}
