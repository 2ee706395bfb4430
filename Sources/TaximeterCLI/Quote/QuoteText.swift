import Taximeter

/// A quote for people: what priced it, line by line, to be computed again by hand.
enum QuoteText {
    static func text(_ quote: RatingExplanation, _ usage: RatableUsage, _ book: PriceBook) -> String {
        switch quote.rating {
        case .unpriced(let reason): return "no price: \(reason.code) (\(usage.model) at \(usage.instant))\n"
        case .priced(let amounts): return head(quote, usage, book) + lines(quote) + "\n" + steps(amounts, book.terms)
        }
    }

    private static func head(_ quote: RatingExplanation, _ usage: RatableUsage, _ book: PriceBook) -> String {
        let model = quote.model.map { $0 == usage.model ? "\($0)" : "\($0) (asked for as \(usage.model))" } ?? ""
        let facts: [(String, String?)] = [
            ("price book", "\(book.name), \(book.currency) per million tokens"), ("model", model),
            ("rated at", "\(usage.instant)"), ("version", quote.version.map { "\($0.effective)" }),
            ("source", quote.version?.source), ("band", quote.band.map { "\($0)" }),
            ("multipliers", quote.multipliers.isEmpty ? nil : quote.multipliers.map(\.text).joined(separator: ", ")),
            ("schedule", quote.schedule.map { "\($0)" }),
        ]
        return facts.compactMap { name, value in
            value.map { name + String(repeating: " ", count: 13 - name.count) + $0 + "\n" }
        }.joined() + "\n"
    }

    private static func lines(_ quote: RatingExplanation) -> String {
        var table = TextTable([
            .init(title: "class", isNumber: false), .init(title: "tokens", isNumber: true),
            .init(title: "list", isNumber: true), .init(title: "price", isNumber: true),
            .init(title: "list amount", isNumber: true), .init(title: "discount", isNumber: true),
            .init(title: "amount", isNumber: true), .init(title: "", isNumber: false),
        ])
        for line in quote.lines {
            let discount = (try? line.list - line.net)?.decimalText ?? ""
            var notes: [String] = []
            if line.slice.isFree { notes.append("free channel") }
            if let tier = line.tier { notes.append("tier \(tier.table), step \(tier.step)") }
            if let allowance = line.allowance { notes.append("allowance \(allowance)") }
            if line.allowance == nil, !line.slice.isFree, line.slice.chargedTokens != line.slice.tokens {
                notes.append("charged as \(Figures.count(String(line.slice.chargedTokens))) tokens")
            }
            table.append([
                line.slice.tokenClass.name, Figures.count(String(line.slice.tokens)),
                line.slice.listPrice.perMillion, line.unitPrice.perMillion, line.list.decimalText, discount,
                line.net.decimalText, notes.joined(separator: "; "),
            ])
        }
        return table.text
    }

    /// The steps of the waterfall that change the amount, and what an invoice line would say.
    private static func steps(_ amounts: PeriodAmounts, _ terms: Terms) -> String {
        let request = amounts.request
        let steps = [
            ("list", request.list), ("monetised", request.monetised), ("scheduled", request.scheduled),
            ("tiered", amounts.tiered), ("contracted", amounts.contracted), ("net", amounts.net),
        ]
        var text = ""
        var last: Money?
        for (name, amount) in steps where amount != last || name == "net" {
            text += name + String(repeating: " ", count: 13 - name.count) + "\(amount)\n"
            last = amount
        }
        if let rounded = try? amounts.net.rounded(terms.rounding), rounded != amounts.net {
            text += "rounded      \(rounded) as an invoice line of its own\n"
        }
        return text
    }
}
