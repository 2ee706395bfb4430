/// What differs between two price books, value by value.
///
/// The books' canonical forms are compared as trees, so every part of the format takes part, whatever it is called.
public struct PriceBookDifference: Sendable, Hashable {
    /// One value that differs.
    public struct Change: Sendable, Hashable {
        /// Where it stands: `rates.output`, `bands[long].input.from`.
        public let path: String
        /// The value before; nil where there was none.
        public let before: String?
        /// The value afterwards; nil where there is none any more.
        public let after: String?
    }

    /// What values belong to.
    public enum Subject: Sendable, Hashable {
        /// The book itself: currency, rating instant, terms.
        case book
        /// A model apart from its versions: its aliases.
        case model(Identifier)
        /// The version of a model with this start.
        case version(Identifier, from: Instant)
    }

    /// What happened to a subject.
    public enum Kind: Sendable, Hashable {
        /// It is in both books.
        case changed
        /// It is in the new book only. Its values are compared with those of the old book's version in force at its
        /// start, by that version's own start; nil where there was none.
        case added(against: Instant?)
        /// It is in the old book only. Its values are compared with those of the new book's version in force at its
        /// start.
        case removed(against: Instant?)
    }

    /// The values of one subject that differ.
    public struct Section: Sendable, Hashable {
        /// What they belong to.
        public let subject: Subject
        /// Whether it is new, gone, or in both.
        public let kind: Kind
        /// The values, in the order of the format. Empty where a version came or went without changing a value.
        public let changes: [Change]
    }

    /// Book first, then model by model; nothing for what is alike.
    public let sections: [Section]
}

extension PriceBook {
    /// What differs in another book. Tariffs are matched by model, versions by their start.
    public func difference(to new: PriceBook) -> PriceBookDifference {
        var sections = [
            PriceBookDifference.Section(
                subject: .book, kind: .changed, changes: Self.changes(headerLeaves, new.headerLeaves))
        ]
        let models = new.tariffs.map(\.model)
        for model in models + tariffs.map(\.model).filter({ !models.contains($0) }) {
            let (before, after) = (tariff(of: model), new.tariff(of: model))
            sections.append(
                .init(
                    subject: .model(model), kind: .changed,
                    changes: Self.changes(aliasLeaves(of: model), new.aliasLeaves(of: model))))
            sections += Self.versionSections(of: model, before?.versions ?? [], after?.versions ?? [])
        }
        return PriceBookDifference(sections: sections.filter { $0.kind != .changed || !$0.changes.isEmpty })
    }

    private func tariff(of model: Identifier) -> Tariff? { tariffs.first { $0.model == model } }

    private var headerLeaves: [Leaf] { leaves(canonicalJSON).filter { $0.path.first != "tariffs" } }

    private func aliasLeaves(of model: Identifier) -> [Leaf] {
        guard let tariff = tariff(of: model), !tariff.aliases.isEmpty else { return [] }
        let alone = PriceBook(header: header, tariffs: [tariff])
        let place = ["tariffs", "[1]", "aliases"]
        return leaves(alone.canonicalJSON).filter { $0.path.starts(with: place) }
            .map { Leaf(path: Array($0.path.dropFirst(2)), value: $0.value) }
    }

    private static func versionSections(
        of model: Identifier, _ old: [TariffVersion], _ new: [TariffVersion]
    ) -> [PriceBookDifference.Section] {
        let starts = Set((old + new).map(\.effective.from)).sorted()
        return starts.map { start in
            let before = old.first { $0.effective.from == start }
            let after = new.first { $0.effective.from == start }
            let (earlier, later) = (before ?? old.inForce(at: start), after ?? new.inForce(at: start))
            var changes = Self.changes(earlier.map(versionLeaves) ?? [], later.map(versionLeaves) ?? [])
            var kind = PriceBookDifference.Kind.changed
            if before == nil || after == nil {
                kind =
                    before == nil
                    ? .added(against: earlier?.effective.from) : .removed(against: later?.effective.from)
                // Where each begins and ends is another matter than what it says.
                changes.removeAll { ["from", "until", "after_gap"].contains($0.path) }
            }
            return .init(subject: .version(model, from: start), kind: kind, changes: changes)
        }
    }

    private static func versionLeaves(_ version: TariffVersion) -> [Leaf] { leaves(version.canonicalJSON) }

    private static func changes(_ old: [Leaf], _ new: [Leaf]) -> [PriceBookDifference.Change] {
        let before = Dictionary(old.map { ($0.path, $0.value) }) { first, _ in first }
        let after = Dictionary(new.map { ($0.path, $0.value) }) { first, _ in first }
        let paths = new.map(\.path) + old.map(\.path).filter { after[$0] == nil }
        return paths.filter { before[$0] != after[$0] }.map { path in
            .init(path: path.pathText, before: before[path], after: after[path])
        }
    }
}

extension [TariffVersion] {
    fileprivate func inForce(at instant: Instant) -> TariffVersion? { first { $0.effective.contains(instant) } }
}
