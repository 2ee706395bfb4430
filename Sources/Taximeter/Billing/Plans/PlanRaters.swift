internal import Synchronization

/// Raters by what decides prices: a price book under the terms and volumes of a plan. Each is made once, when first
/// needed.
public final class PlanRaters: Sendable {
    private struct Rules: Hashable {
        let book: Identifier
        let terms: Terms?
        let volumes: [Allowance]
        let overages: [Factor?]
        let isUnlimited: Bool
    }

    private let books: PlanBooks
    private let instead: PriceBook?
    /// Rates without a subscription; nil while no book is the default.
    package let standard: PlanRater?
    private let known = Mutex<[Rules: PlanRater?]>([:])

    /// Raters by some books.
    ///
    /// - Parameters:
    ///   - books: The books that plans name.
    ///   - standard: The book of accounts without a subscription.
    public init(_ books: [PriceBook], default standard: PriceBook?) {
        self.books = PlanBooks(books)
        instead = nil
        self.standard = standard.map { PlanRater($0) }
    }

    /// Raters by one book in the place of every other; what plans say besides it stays.
    public init(insteadOfAll book: PriceBook) {
        books = PlanBooks([book])
        instead = book
        standard = PlanRater(book)
    }

    /// The rater of a segment.
    ///
    /// - Parameter currency: That of the account's plans; nil without any.
    /// - Throws: ``PlanRater/Missing``.
    func rater(for segment: PlanSegment, _ currency: Currency?) throws(PlanRater.Missing) -> PlanRater {
        guard segment.plan != nil else {
            guard let standard else { throw .noPriceBook }
            // Amounts of two currencies never meet on an account.
            if instead == nil, let currency, standard.book.currency != currency { throw .otherCurrency }
            return standard
        }
        guard let version = segment.version else { throw .noPlanVersion }
        let rules = Rules(
            book: version.priceBook, terms: version.terms, volumes: version.committedVolumes.map(\.allowance),
            overages: version.committedVolumes.map(\.overage), isUnlimited: version.isUnlimited)
        let found = known.withLock { known in
            if let found = known[rules] { return found }
            let made = make(version)
            known[rules] = .some(made)
            return made
        }
        guard let found else { throw .noPriceBook }
        if instead == nil, found.book.currency != version.currency { throw .otherCurrency }
        return found
    }

    private func make(_ version: PlanVersion) -> PlanRater? {
        // Loading made sure that plan and book go together; what does not is left without a price.
        let book = try? instead.map { try PlanBooks.book($0, under: version) } ?? books.book(of: version)
        return book.map {
            PlanRater($0, overages: version.committedVolumes.map(\.overage), isUnlimited: version.isUnlimited)
        }
    }
}

/// Rates by one book under one set of terms and volumes.
package final class PlanRater: Sendable {
    /// Why a segment has no rater: stored as ``Charge/Outcome/unpriced(_:)``.
    package enum Missing: String, Error, CaseIterable {
        /// The book that the plan names is not there, or no book is the default.
        case noPriceBook = "no_price_book"
        /// The plan has no version then.
        case noPlanVersion = "no_plan_version"
        /// The default book is in another currency than the account's plans.
        case otherCurrency = "other_currency"
    }

    /// The book, with the terms that hold.
    package let book: PriceBook
    package let rater: PeriodRater
    /// How many of the first allowances of the terms are committed volumes.
    let volumeCount: Int

    init(_ book: PriceBook, overages: [Factor?] = [], isUnlimited: Bool = false) {
        self.book = book
        volumeCount = overages.count
        rater = PeriodRater(Rater(book: book), overages: overages, isUnlimited: isUnlimited)
    }
}
