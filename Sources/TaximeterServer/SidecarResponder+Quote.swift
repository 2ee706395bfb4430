#if Server
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
import Taximeter
import TaximeterPostgres

extension SidecarResponder {
    /// One case as JSON, or one a line: what each costs by a price book, as docs/quoting.md has it.
    func quote(_ call: SidecarCall) async throws -> Response {
        let isOne = call.contentType == "application/json"
        if !isOne, !["application/x-ndjson", "application/jsonl"].contains(call.contentType) {
            throw Self.wrongType("application/json or application/x-ndjson")
        }
        let book = call.request.uri.queryParameters["book"].map(String.init)
        // A case is a line. In JSON, a line end can stand only where a blank can.
        let cases = isOne ? call.body.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 } : call.body
        let raters = raters
        let (output, counts) = try await blocking { () -> ([UInt8], BatchQuoter.Counts) in
            let rater: PeriodRater
            do {
                rater = try raters.rater(of: book)
            } catch let error as StoreError where error.code == .prices {
                throw Problem(.notFound, "no_book", error.description)
            }
            var quoter = BatchQuoter(rater)
            quoter.feed(cases)
            quoter.finish()
            var output: [UInt8] = []
            quoter.quote(into: &output)
            return (output, quoter.counts)
        }
        if isOne, counts.priced + counts.unpriced != 1 {
            let detail = counts.errors == 1 ? String(decoding: output, as: UTF8.self) : "expected one JSON object"
            throw Problem.malformed(detail)
        }
        return Response.bytes(.ok, output, type: isOne ? "application/json" : "application/x-ndjson")
    }
}
#endif
