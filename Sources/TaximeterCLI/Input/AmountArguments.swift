import ArgumentParser
import Taximeter

/// An amount of money on the command line: `100.00 USD`.
struct AmountArguments: ParsableArguments {
    @Argument(help: "A decimal, such as 100.00.")
    var amount: String
    @Argument(help: ArgumentHelp("Its currency's code.", valueName: "currency"))
    var code: String

    func validate() throws { _ = try money() }

    func money() throws -> Money {
        guard let currency = Currency(code: code) else {
            throw ValidationError("\(code) is no currency; expected a code such as USD")
        }
        do {
            return try Money(amount, currency)
        } catch {
            throw ValidationError("the amount \(error)")
        }
    }
}

/// A name or an id on the command line.
struct NameArgument: ExpressibleByArgument {
    let name: Identifier

    init?(argument: String) {
        guard let name = try? Identifier(argument) else { return nil }
        self.name = name
    }
}

/// The present, as commands take it that book money.
func present() throws -> Instant {
    guard let now = InstantArgument.now?.instant else {
        throw ValidationError("the system's clock is out of all range: set it first")
    }
    return now
}
