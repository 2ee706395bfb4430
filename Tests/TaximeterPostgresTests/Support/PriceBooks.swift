import Taximeter

/// A book of one model, `model-a`, from its versions and whatever else stands in the header.
func book(_ versions: String, header: String = "", name: String = "list") throws -> PriceBook {
    let indented = versions.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
    let text = """
        price_book: \(name)
        currency: USD
        \(header)
        tariffs:
          - model: model-a
            versions:
        \(indented)
        """
    return try PriceBook.parse(text, file: "\(name).yaml")
}
