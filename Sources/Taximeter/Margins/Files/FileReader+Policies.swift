extension FileReader {
    private static let ruleKeys = ["method", "throughput", "models", "idle", "headroom"]

    /// A policy in a cost file.
    func policy(_ node: FileNode) -> AllocationPolicy? {
        guard let members = fields(node, keys: ["name", "from"] + Self.ruleKeys) else { return nil }
        let name = members["name"].map(identifier) ?? AllocationPolicy.standardName
        let from = wholeHour(required(members, "from", expected: "the policy's first instant"))
        let rules = rules(members)
        guard let name, let from, let rules else { return nil }
        return rules(name, from)
    }

    /// What a store keeps of a policy: all but its name and its first instant.
    func policyRules(_ node: FileNode) -> ((Identifier, Instant) -> AllocationPolicy)? {
        fields(node, keys: Self.ruleKeys).flatMap(rules)
    }

    private func rules(_ members: Fields) -> ((Identifier, Instant) -> AllocationPolicy)? {
        let sharings = AllocationPolicy.Sharing.allCases.map { ($0.rawValue, $0) }
        let method = word(
            required(members, "method", expected: "how serving time is split"),
            AllocationPolicy.Method.allCases.map { ($0.rawValue, $0) })
        let standard = members["throughput"].flatMap(throughput)
        var models: [Identifier: Throughput] = [:]
        for entry in members["models"].flatMap({ entries($0, expected: "a mapping of models") }) ?? [] {
            let throughput = throughput(entry.value)
            if let name = identifier(entry.key), let throughput { models[name] = throughput }
        }
        let idle = members["idle"].map { word($0, sharings) } ?? .apart
        let headroom = members["headroom"].map { word($0, sharings) } ?? .apart
        guard let method, let idle, let headroom else { return nil }
        if method == .phaseWeights, members["throughput"] == nil {
            report(members.node, missing: "throughput", found: "nothing", expected: "tokens a node-second by class")
        }
        return { name, from in
            AllocationPolicy(
                name: name, from: from, method: method, throughput: standard, modelThroughput: models, idle: idle,
                headroom: headroom)
        }
    }

    private func throughput(_ node: FileNode) -> Throughput? {
        guard let members = fields(node, keys: TokenClass.allCases.map(\.name)) else { return nil }
        func rate(_ node: FileNode?) -> Int128? {
            value(node, expected: "tokens a node-second: more than 0, at most 1000000000, at most 6 decimals") { text in
                let rate = try? DecimalText.units(text, decimals: Throughput.decimals)
                return rate.flatMap { $0 > 0 && $0 <= 1_000_000_000_000_000 ? $0 : nil }
            }
        }
        let miss = rate(required(members, "cache_miss", expected: "tokens a node-second"))
        let output = rate(required(members, "output", expected: "tokens a node-second"))
        let (hit, write, write1h) = (
            rate(members["cache_hit"]), rate(members["cache_write"]), rate(members["cache_write_1h"])
        )
        guard let miss, let output else { return nil }
        return Throughput(cacheHit: hit, cacheMiss: miss, cacheWrite: write, cacheWrite1h: write1h, output: output)
    }

    private func wholeHour(_ node: FileNode?) -> Instant? {
        value(node, expected: "a whole UTC hour, such as 2025-01-20T00:00:00Z") { text in
            Instant(rfc3339: text).flatMap { $0 == $0.startOfHour ? $0 : nil }
        }
    }
}

extension AllocationPolicy {
    /// A policy as a store keeps it.
    ///
    /// - Throws: ``FileErrors`` when the definition is not one.
    package init(name: Identifier, from: Instant, definition: String) throws(FileErrors) {
        let source = YAMLSource(definition, file: "stored policy \(name)")
        let reader = FileReader(file: "stored policy \(name)", diagnostics: source.diagnostics)
        let rules = source.root.flatMap(reader.policyRules)
        guard let rules, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        self = rules(name, from)
    }

    /// All but the name and the first instant, as JSON that a store keeps.
    package var definition: String {
        var fields: [(String, CanonicalJSON)] = [("method", .string(method.rawValue))]
        if let throughput { fields.append(("throughput", throughput.canonicalJSON)) }
        if !modelThroughput.isEmpty {
            let models = modelThroughput.sorted { $0.key < $1.key }
            fields.append(("models", .object(models.map { ($0.key.text, $0.value.canonicalJSON) })))
        }
        fields += [("idle", .string(idle.rawValue)), ("headroom", .string(headroom.rawValue))]
        return CanonicalJSON.object(fields).text
    }
}

extension Throughput {
    fileprivate var canonicalJSON: CanonicalJSON {
        .object(
            TokenClass.allCases.compactMap { tokenClass in
                self[tokenClass].map {
                    (tokenClass.name, .string(DecimalText.text($0, decimals: Throughput.decimals)))
                }
            })
    }
}
