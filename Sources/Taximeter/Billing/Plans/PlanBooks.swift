/// Price books under what plans say: each with the plan's terms and volumes in the place of its own terms.
public struct PlanBooks: Sendable {
    private let books: [Identifier: PriceBook]

    /// Some books; no two of one name.
    public init(_ books: [PriceBook]) {
        self.books = Dictionary(books.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Why a plan does not go with a price book.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// The version and the book, and what is wrong between them.
        public let description: String
    }

    /// The book of a version under its terms, by the same reader as a file, so every price is exact; nil where there is
    /// no such book.
    ///
    /// - Throws: ``FileErrors`` when the terms do not go with the book.
    func book(of version: PlanVersion) throws(FileErrors) -> PriceBook? {
        try books[version.priceBook].map { book throws(FileErrors) in try Self.book(book, under: version) }
    }

    static func book(_ book: PriceBook, under version: PlanVersion) throws(FileErrors) -> PriceBook {
        if version.terms == nil, version.committedVolumes.isEmpty { return book }
        let terms = version.terms ?? book.terms
        let header = PriceBook.Header(
            name: book.name, currency: book.currency, ratingInstant: book.ratingInstant, reference: book.reference,
            terms: Terms(
                discount: terms.discount, allowances: version.committedVolumes.map(\.allowance) + terms.allowances,
                quantities: terms.quantities, rounding: terms.rounding))
        return try PriceBook(header: header, stored: book.storedTariffs)
    }

    /// Makes sure that the books can rate by a plan, as far as they are there.
    ///
    /// - Throws: ``Fault`` for another currency, terms that name what the book does not have, or a price that would be
    ///   no whole number of 10⁻¹⁸.
    public func check(_ plan: Plan) throws(Fault) {
        for version in plan.versions {
            func fault(_ reason: String) -> Fault {
                Fault(
                    description: "plan \(plan.name), version \(version.effective), with price book "
                        + "\(version.priceBook): \(reason)")
            }
            guard let book = books[version.priceBook] else { continue }
            if book.currency != version.currency {
                throw fault("the book is in \(book.currency), the plan in \(version.currency)")
            }
            let priced: PriceBook
            do throws(FileErrors) {
                priced = try Self.book(book, under: version)
            } catch {
                throw fault(error.description)
            }
            for volume in version.committedVolumes {
                guard let overage = volume.overage else { continue }
                if let price = priced.inexactPrice(times: overage, in: volume.allowance) {
                    throw fault("\(overage) times \(price) in \(volume.allowance.name) is no exact price")
                }
            }
        }
    }
}

extension PriceBook {
    /// A contracted price in the scope of an allowance that a factor makes no exact price of.
    fileprivate func inexactPrice(times factor: Factor, in scope: Allowance) -> UnitPrice? {
        for tariff in tariffs where scope.models.isEmpty || scope.models.contains(tariff.model) {
            for prices in tariff.versions.map(\.prices) {
                for row in 0..<prices.units.count / UnitPriceTable.columns {
                    for tokenClass in TokenClass.allCases where scope.classes[tokenClass] {
                        let price = prices.contractedPrice(row: row, tokenClass)
                        if (try? factor.applied(to: price)) == nil { return price }
                    }
                }
            }
        }
        return nil
    }
}
