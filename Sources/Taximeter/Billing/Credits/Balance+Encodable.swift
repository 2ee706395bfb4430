extension Balance: Encodable {
    private enum Key: String, CodingKey {
        case credits, unbilled, reserved, available, currency, prepaid, limit, spendable
        case limitLeft = "limit_left"
    }

    /// Decimals as texts, exact; what there is not is left out.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(credits.decimalText, forKey: .credits)
        try container.encode(unbilled.decimalText, forKey: .unbilled)
        try container.encode(reserved.decimalText, forKey: .reserved)
        try container.encode(available.decimalText, forKey: .available)
        try container.encode(available.currency.code, forKey: .currency)
        try container.encode(isPrepaid, forKey: .prepaid)
        try container.encodeIfPresent(limit?.name.text, forKey: .limit)
        try container.encodeIfPresent(limit?.left.decimalText, forKey: .limitLeft)
        try container.encodeIfPresent(spendable?.decimalText, forKey: .spendable)
    }
}
