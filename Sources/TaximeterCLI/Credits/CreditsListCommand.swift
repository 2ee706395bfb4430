import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter credits list`.
struct CreditsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The grants of an account, and what is left of each, in the order of their use.")

    @Argument(help: "The account.")
    var account: NameArgument
    @Flag(help: "Print JSON: decimals as strings, exact.")
    var json = false
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let grants = try database.store(connections: 1).grants(of: account.name)
        if json { return print(try JSONText.of(grants.map(Entry.init))) }
        var table = TextTable([
            .init(title: "grant", isNumber: false), .init(title: "kind", isNumber: false),
            .init(title: "amount", isNumber: true), .init(title: "left", isNumber: true),
            .init(title: "priority", isNumber: true), .init(title: "from", isNumber: false),
            .init(title: "expires", isNumber: false), .init(title: "pays for", isNumber: false),
        ])
        for open in grants {
            let grant = open.grant
            let hasBeginning = grant.effective.from > UsageEvent.earliestInstant
            table.append([
                grant.id.text, grant.kind.rawValue, grant.amount.description, open.left.description,
                String(grant.priority), hasBeginning ? grant.effective.from.description : "",
                grant.effective.until?.description ?? "", Self.scope(grant),
            ])
        }
        print(table.text, terminator: "")
    }

    private static func scope(_ grant: CreditGrant) -> String {
        if !grant.isScoped { return "everything" }
        let parts = [grant.models, grant.channels].filter { !$0.isEmpty }
        return parts.map { $0.sorted().map(\.text).joined(separator: ", ") }.joined(separator: " through ")
    }

    private struct Entry: Encodable {
        let account, grant, kind, amount, left, currency, from: String
        let priority: Int32
        let expires: String?
        let models, channels: [String]

        init(_ open: OpenGrant) {
            let grant = open.grant
            account = grant.account.text
            self.grant = grant.id.text
            kind = grant.kind.rawValue
            amount = grant.amount.decimalText
            left = open.left.decimalText
            currency = open.left.currency.code
            from = grant.effective.from.description
            priority = grant.priority
            expires = grant.effective.until?.description
            models = grant.models.sorted().map(\.text)
            channels = grant.channels.sorted().map(\.text)
        }
    }
}
