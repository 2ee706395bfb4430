/// Writes quotes as JSON, a line each, straight into bytes: no text in between.
struct QuoteWriter {
    private let currency: [UInt8]
    /// What each version is called: the JSON of its start.
    private var versions: [Instant: [UInt8]] = [:]

    init(_ book: PriceBook) { currency = Array(CanonicalJSON.string(book.currency.code).text.utf8) }

    /// A price, or the reason why there is none.
    mutating func append(_ quote: RatingExplanation, id: ArraySlice<UInt8>?, to output: inout [UInt8]) {
        append(id: id, &output)
        switch quote.rating {
        case .unpriced(let reason):
            output.append(text: ",\"unpriced\":\"")
            output.append(text: reason.code)
            output.append(text: "\"}\n")
        case .priced(let amounts):
            output.append(text: ",\"amount\":\"")
            output.append(decimal: amounts.netUnits, decimals: Money.decimals)
            output.append(text: "\",\"currency\":")
            output.append(contentsOf: currency)
            output.append(text: ",\"lines\":[")
            for (index, line) in quote.lines.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                append(line, quote, &output)
            }
            output.append(text: "]}\n")
        }
    }

    /// Why a line is no case.
    func append(error: String, id: ArraySlice<UInt8>?, to output: inout [UInt8]) {
        append(id: id, &output)
        output.append(text: ",\"error\":")
        output.append(text: CanonicalJSON.string(error).text)
        output.append(text: "}\n")
    }

    private func append(id: ArraySlice<UInt8>?, _ output: inout [UInt8]) {
        output.append(text: "{\"id\":")
        if let id { output.append(contentsOf: id) } else { output.append(text: "null") }
    }

    private mutating func append(
        _ line: RatingExplanation.Line, _ quote: RatingExplanation, _ output: inout [UInt8]
    ) {
        output.append(text: "{\"class\":\"")
        output.append(text: line.slice.tokenClass.name)
        output.append(text: "\",\"tokens\":")
        output.append(decimal: Int128(line.slice.tokens), decimals: 0)
        output.append(text: ",\"unit_price_per_million\":\"")
        output.append(decimal: line.unitPrice.unitsPerToken, decimals: UnitPrice.decimalsPerMillion)
        output.append(text: "\",\"amount\":\"")
        output.append(decimal: line.net.units, decimals: Money.decimals)
        output.append(text: "\",\"version\":")
        if let start = quote.version?.effective.from {
            let text = versions[start] ?? Array(CanonicalJSON.string("\(start)").text.utf8)
            versions[start] = text
            output.append(contentsOf: text)
        } else {
            output.append(text: "null")
        }
        append("schedule", quote.schedule, &output)
        append("band", quote.band, &output)
        if let tier = line.tier {
            append("tier", tier.table, &output)
            output.append(text: ",\"step\":")
            output.append(decimal: Int128(tier.step), decimals: 0)
        }
        if let allowance = line.allowance {
            append("allowance", allowance, &output)
        } else if !line.slice.isFree, line.slice.chargedTokens != line.slice.tokens {
            output.append(text: ",\"charged_tokens\":")
            output.append(decimal: Int128(line.slice.chargedTokens), decimals: 0)
        }
        if line.fee.units != 0 {
            output.append(text: ",\"fee\":\"")
            output.append(decimal: line.fee.units, decimals: Money.decimals)
            output.append(UInt8(ascii: "\""))
        }
        output.append(UInt8(ascii: "}"))
    }

    private func append(_ key: String, _ name: Identifier?, _ output: inout [UInt8]) {
        output.append(text: ",\"")
        output.append(text: key)
        output.append(text: "\":")
        output.append(text: name.map { CanonicalJSON.string($0.text).text } ?? "null")
    }
}

extension [UInt8] {
    /// Appends the UTF-8 of a text.
    mutating func append(text: String) { append(contentsOf: text.utf8) }

    /// Appends a count of 10⁻ⁿ units as a decimal, without zeros at the end of its fraction.
    mutating func append(decimal units: Int128, decimals: Int) {
        if units < 0 { append(UInt8(ascii: "-")) }
        let unit = Self.powersOfTen[Swift.min(decimals, 18)]
        let (whole, rest) = units.magnitude.quotientAndRemainder(dividingBy: UInt128(unit))
        if let small = UInt64(exactly: whole) { append(digits: small) } else { append(text: String(whole)) }
        if rest == 0 { return }
        append(UInt8(ascii: "."))
        var (fraction, width) = (UInt64(truncatingIfNeeded: rest), decimals)
        while fraction.isMultiple(of: 10) {
            fraction /= 10
            width -= 1
        }
        let start = count
        append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width))
        var index = start + width
        while fraction > 0 {
            index -= 1
            self[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction % 10)
            fraction /= 10
        }
    }

    private mutating func append(digits number: UInt64) {
        var number = number
        let start = count
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
            number /= 10
        } while number > 0
        self[start...].reverse()
    }

    private static let powersOfTen: [UInt64] = (0...18).map { (0..<$0).reduce(UInt64(1)) { power, _ in power * 10 } }
}
