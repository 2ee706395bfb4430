import ArgumentParser
import Foundation
import Taximeter

/// Quotes a file of cases to standard output.
struct QuoteBatch {
    var quoter: BatchQuoter

    /// - Throws: ``InputError`` when the file cannot be read further; what came before is quoted. `ExitCode.badData` when
    ///   some line was no case.
    mutating func run(_ file: String) throws {
        let input = try InputFile(file)
        var output: [UInt8] = []
        let standardOutput = FileHandle.standardOutput
        func flush() throws {
            do {
                try standardOutput.write(contentsOf: output)
            } catch {
                throw InputError(file: "standard output", problem: "cannot be written: \(error.localizedDescription)")
            }
            output.removeAll(keepingCapacity: true)
        }
        while let bytes = try input.next() {
            quoter.feed(bytes)
            quoter.quote(into: &output)
            try flush()
        }
        quoter.finish()
        quoter.quote(into: &output)
        try flush()
        let counts = quoter.counts
        if counts.unpriced + counts.errors > 0 {
            let text = "\(counts.priced) priced, \(counts.unpriced) without a price, \(counts.errors) no case"
            FileHandle.standardError.write(Data("taximeter: \(text)\n".utf8))
        }
        if counts.errors > 0 { throw ExitCode.badData }
    }
}
