import ArgumentParser
import Taximeter
import TaximeterPostgres

/// `taximeter token`: who may call the HTTP sidecar.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list and revoke the bearer tokens of taximeter serve.",
        subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self])
}

/// A scope on the command line.
struct ScopeArgument: ExpressibleByArgument {
    static let allValueStrings = TokenScope.allCases.map(\.rawValue)

    let scope: TokenScope

    init?(argument: String) {
        guard let scope = TokenScope(rawValue: argument) else { return nil }
        self.scope = scope
    }
}

/// `taximeter token create`.
struct TokenCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token. Its text is printed once, and stored nowhere.",
        discussion: "What each scope allows: docs/http-api.md.")

    @Argument(help: "What to call it.")
    var name: NameArgument
    @Option(help: "What it may be used for; may be given several times.")
    var scope: [ScopeArgument]
    @Option(help: ArgumentHelp("The only account that it is good for. Default: all.", valueName: "name"))
    var account: NameArgument?
    @Option(
        help: ArgumentHelp("Until when it is good: RFC 3339, or a UTC day. Default: for ever.", valueName: "instant"))
    var expires: InstantArgument?
    @OptionGroup var database: DatabaseOptions

    func validate() throws {
        if scope.isEmpty { throw ValidationError("give at least one --scope") }
        if account != nil, let scope = scope.map(\.scope).first(where: { $0 == .report || $0 == .metrics }) {
            throw ValidationError("\(scope) shows every account: leave --account out")
        }
    }

    func run() throws {
        let (_, text) = try database.store(connections: 1).makeToken(
            named: name.name, scopes: Set(scope.map(\.scope)), account: account?.name, at: present(),
            expiresAt: expires?.instant)
        print(text)
    }
}

/// `taximeter token list`.
struct TokenListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The tokens, without their secrets.")

    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        let tokens = try database.store(connections: 1).tokens()
        if json { return print(try JSONText.of(tokens.map(Entry.init))) }
        var table = TextTable(
            ["id", "name", "scopes", "account", "created", "expires", "revoked"].map {
                TextTable.Column(title: $0, isNumber: false)
            })
        for token in tokens.map(Entry.init) {
            table.append([
                token.id, token.name, token.scopes.joined(separator: ", "), token.account ?? "all", token.created,
                token.expires ?? "", token.revoked ?? "",
            ])
        }
        print(table.text, terminator: "")
    }

    private struct Entry: Encodable {
        let id, name, created: String
        let account, expires, revoked: String?
        let scopes: [String]

        init(_ token: APIToken) {
            id = token.id
            name = token.name.text
            scopes = token.scopes.map(\.rawValue).sorted()
            account = token.account?.text
            created = token.createdAt.description
            expires = token.expiresAt?.description
            revoked = token.revokedAt?.description
        }
    }
}

/// `taximeter token revoke`.
struct TokenRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Make a token good for nothing, within seconds.")

    @Argument(help: "The token's id: the part between tm_ and the secret.")
    var id: String
    @OptionGroup var database: DatabaseOptions

    func run() throws {
        try database.store(connections: 1).revokeToken(id, at: present())
        print("\(id): revoked")
    }
}
