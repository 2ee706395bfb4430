import Taximeter
import TaximeterPostgres

/// What a line of an invoice is made of, for a terminal: all that is needed to add it up again by hand.
enum PartsText {
    static func text(_ explanation: LineExplanation) -> String {
        let line = explanation.line
        guard let usage = line.usage, let price = explanation.parts.first?.unitPrice else {
            return "  as rated now: nothing\n" + unbilled(explanation, quantity: 0, net: 0)
        }
        var table = TextTable(
            [.init(title: "    bucket from", isNumber: false), .init(title: "of", isNumber: false)]
                + ["events", "stored", "tokens", "charge", "here", "charged", "fees", "net"].map {
                    .init(title: $0, isNumber: true)
                })
        var (tokens, charged, fees, net) = (Int64(0), Int64(0), Int128(0), Int128(0))
        for part in explanation.parts {
            let bucket = part.bucket
            table.append([
                "    \(bucket.key.slotStart)", bucketName(bucket.key), String(bucket.events), String(part.storedEvents),
                String(bucket.tokens[usage.tokenClass]), part.charge.decimalText, String(part.tokens),
                String(part.chargedTokens), part.fees.decimalText, part.net.decimalText,
            ])
            tokens &+= part.tokens
            charged &+= part.chargedTokens
            fees &+= part.fees.units
            net &+= part.net.units
        }
        func decimal(_ units: Int128) -> String { Money(units: units, line.amount.currency).decimalText }
        table.appendTotal([
            "    in all", "", "", "", "", "", String(tokens), String(charged), decimal(fees), decimal(net),
        ])
        let words = usage.tokenClass.name.replacing("_", with: " ")
        return """
              as rated now: \(charged) × \(price.decimalText)\(fees == 0 ? "" : " + \(decimal(fees))") = \(decimal(net))
              tokens and charge are a bucket's for \(words); here is what of it is on this line, net = charged × \
            \(price.decimalText) + fees

            """ + table.text + unbilled(explanation, quantity: charged, net: net) + gone(explanation)
    }

    /// `m`, and which requests of the hour: `m, input from 200000`.
    static func bucketName(_ key: BucketKey) -> String {
        var parts = [key.model.text]
        if key.inputFloor < 0 { parts.append("summed") }
        if key.inputFloor > 0 { parts.append("input from \(key.inputFloor)") }
        if key.outputFloor > 0 { parts.append("output from \(key.outputFloor)") }
        return parts.joined(separator: ", ")
    }

    /// What invoices up to this one leave out; nothing to say where they say the same.
    private static func unbilled(_ explanation: LineExplanation, quantity: Int64, net: Int128) -> String {
        let billed = explanation.standing.reduce((quantity: Int64(0), exact: Int128(0))) {
            ($0.quantity &+ $1.quantity, $0.exact &+ $1.exact.units)
        }
        if billed == (quantity, net) { return "" }
        let currency = explanation.line.amount.currency
        return """
              invoices up to this one say \(billed.quantity) tokens, \(Money(units: billed.exact, currency).decimalText): \
            usage or prices have changed since, and the difference is a matter of later invoices

            """
    }

    private static func gone(_ explanation: LineExplanation) -> String {
        let buckets = Dictionary(explanation.parts.map { ($0.bucket.key, $0) }) { first, _ in first }.values
        let missing = buckets.reduce(Int64(0)) { $0 &+ max(0, $1.bucket.events &- $1.storedEvents) }
        if missing == 0 { return "" }
        let events = buckets.reduce(Int64(0)) { $0 &+ $1.bucket.events }
        return "  \(missing) of the \(events) events of these buckets are no longer retained\n"
    }
}

/// The events of a bucket, for a terminal.
enum EventsText {
    static func heading(_ part: LineExplanation.Part) -> String {
        let (events, stored) = (part.bucket.events, part.storedEvents)
        let gone = stored < events ? "; \(events - stored) are no longer retained" : ""
        let name = PartsText.bucketName(part.bucket.key)
        return "    \(part.bucket.key.slotStart) \(name): \(events) events\(gone)\n"
    }

    static func table(_ tokenClass: TokenClass) -> TextTable {
        TextTable([
            .init(title: "      request", isNumber: false), .init(title: "started", isNumber: false),
            .init(title: "completed", isNumber: false),
            .init(title: tokenClass.name.replacing("_", with: " "), isNumber: true), .init(title: "", isNumber: false),
        ])
    }

    static func row(_ event: BucketEvent, _ tokenClass: TokenClass) -> [String] {
        let tokens = event.tokens[tokenClass]
        var notes: [String] = []
        if event.requests > 1 { notes.append("\(event.requests) requests") }
        if event.isReversal { notes.append("reversal") }
        if event.isReversed { notes.append("reversed") }
        return [
            "      \(event.requestID)", event.startedAt.description, event.completedAt.description,
            String(event.isReversal ? -tokens : tokens), notes.joined(separator: ", "),
        ]
    }
}
