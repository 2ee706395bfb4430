extension UsageLine {
    /// The line's id: what its key says.
    var id: String {
        let parts: [String?] = [
            "\(key.segmentStart)", key.plan?.text, key.priceBook.text, key.model.text, "\(key.versionFrom)",
            key.channel.text, key.serviceTier.text, key.band?.text, key.schedule?.text, key.tokenClass.name,
            key.tier.map { "\($0.table).\($0.step)" }, key.allowance?.text,
        ]
        return parts.map { $0 ?? "" }.joined(separator: "/")
    }
}
