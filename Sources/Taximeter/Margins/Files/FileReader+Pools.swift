extension FileReader {
    /// A pool with its rates.
    func pool(_ node: FileNode) -> GPUPool? {
        guard let members = fields(node, keys: ["name", "gpu", "gpus_per_node", "rates"]) else { return nil }
        // All are read before any is missed, so that everything wrong is told at once.
        let name = identifier(required(members, "name", expected: "the pool's name"))
        let gpu = identifier(required(members, "gpu", expected: "the GPU type, such as H800"))
        let gpus = nodeCount(required(members, "gpus_per_node", expected: "how many GPUs a node has"), least: 1)
        let entries = required(members, "rates", expected: "what a GPU-hour costs").flatMap {
            list($0, expected: "a list of rates")
        }
        let rates = closed(entries ?? [], gpusPerNode: gpus ?? 1)
        guard let name, let gpu, let gpus else { return nil }
        return GPUPool(name: name, gpu: gpu.text, gpusPerNode: gpus, rates: rates)
    }

    /// Rates in order of time, each with an end but the last.
    private func closed(_ list: [FileNode], gpusPerNode: Int32) -> [GPURate] {
        let rates = list.compactMap { node in rate(node, gpusPerNode).map { (node, $0) } }
            .sorted { $0.1.from < $1.1.from }
        // A rate without an end holds until the next one begins.
        return rates.enumerated().map { index, rate in
            let next = index + 1 < rates.count ? rates[index + 1].1.from : nil
            if rate.1.from == next {
                report(
                    rates[index + 1].0, missing: "from", found: "a second rate from \(rate.1.from)",
                    expected: "one rate at an instant")
            } else if let until = rate.1.until, let next, until > next {
                report(
                    rates[index + 1].0, found: "a rate from \(next)",
                    expected: "one from \(until) on, where the last ends")
            }
            return GPURate(
                from: rate.1.from, until: rate.1.until ?? next, perGPUHour: rate.1.perGPUHour, kind: rate.1.kind,
                terms: rate.1.terms)
        }
    }

    private func rate(_ node: FileNode, _ gpusPerNode: Int32) -> GPURate? {
        let keys = ["from", "until", "kind", "per_gpu_hour", "owned", "currency"]
        guard let members = fields(node, keys: keys) else { return nil }
        let from = instant(required(members, "from", expected: "the rate's first instant"))
        let until = instant(members["until"])
        let currency = value(
            required(members, "currency", expected: "a currency code, such as USD"),
            expected: "an ISO 4217 currency code", { Currency(code: $0) })
        let terms = members["owned"].flatMap(ownedNode)
        let kind =
            members["kind"] == nil
            ? (members["owned"] == nil ? GPURate.Kind.leased : .owned)
            : word(members["kind"], GPURate.Kind.allCases.map { ($0.rawValue, $0) })
        let cost =
            members["owned"] == nil ? givenCost(members, currency) : computedCost(members, terms, currency, gpusPerNode)
        guard let from, currency != nil, let kind, let cost else { return nil }
        if let until, until <= from {
            report(node, missing: "until", found: "\(until)", expected: "an instant after \(from)")
        }
        return GPURate(from: from, until: until, perGPUHour: cost, kind: kind, terms: terms)
    }

    private func givenCost(_ members: Fields, _ currency: Currency?) -> Money? {
        value(
            required(members, "per_gpu_hour", expected: "the cost of a GPU for an hour"),
            expected: "an amount of 0 or more with at most 18 decimals",
            // The digits are the same in every currency.
            { text in (try? Money(text, currency ?? .usd)).flatMap { $0.units >= 0 ? $0 : nil } })
    }

    private func computedCost(
        _ members: Fields, _ terms: OwnedNode?, _ currency: Currency?, _ gpusPerNode: Int32
    ) -> Money? {
        if let given = members["per_gpu_hour"] {
            report(given, found: "a cost beside what it is computed from", expected: "one of per_gpu_hour, owned")
        }
        if let kind = members["kind"], kind.text != GPURate.Kind.owned.rawValue {
            report(kind, expected: "owned, as the rate is computed so")
        }
        guard let terms, let owned = members["owned"] else { return nil }
        do {
            return try terms.perGPUHour(gpusPerNode: gpusPerNode, currency ?? .usd)
        } catch {
            report(owned, found: "a cost that cannot be computed (\(error))", expected: "figures of a node")
            return nil
        }
    }
}
