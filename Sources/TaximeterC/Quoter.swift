import CTaximeter
import Taximeter

final class QuoterObject {
    let rater: PeriodRater

    init(_ book: String) throws { rater = PeriodRater(Rater(book: try PriceBook.parse(book, file: "price_book"))) }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_quoter_open(
    _ price_book: UnsafePointer<CChar>!, _ length: Int, _ quoter: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
    call {
        guard let quoter else { throw Failure.invalid("quoter is NULL") }
        quoter.pointee = Handle.give(try QuoterObject(text(price_book, length, "price_book")))
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_quote(
    _ quoter: OpaquePointer!, _ cases: UnsafePointer<CChar>!, _ length: Int, _ buffer: UnsafeMutablePointer<CChar>!,
    _ size: Int, _ needed: UnsafeMutablePointer<Int>!
) -> Int32 {
    call {
        var batch = BatchQuoter(try Handle<QuoterObject>.object(quoter).rater)
        guard let cases, length >= 0 else { throw Failure.invalid("cases is NULL or has a negative length") }
        batch.feed(Array(UnsafeRawBufferPointer(start: cases, count: length)))
        batch.finish()
        var results: [UInt8] = []
        batch.quote(into: &results)
        try write(results, buffer, size, needed)
    }
}

/// See `taximeter.h`.
@c @implementation
public func taximeter_quoter_close(_ quoter: OpaquePointer!) { _ = Handle<QuoterObject>.take(quoter) }
