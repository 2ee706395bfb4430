/// A model of a price map, as far as a price book can express it.
struct ImportedModel {
    /// Its name in the book.
    let name: String
    /// Its place in the map.
    let node: FileNode
    /// Its other names, with their places.
    var aliases: [(name: String, node: FileNode)] = []
    /// Where its prices were published.
    var source: String?
    /// In order of time. One without rates is a gap.
    var versions: [ImportedVersion] = []
    /// What the book cannot say about it.
    var losses: [ImportFault] = []
    /// Why it cannot be in the book at all.
    var refusal: ImportFault?

    /// Notes something that the book cannot say.
    mutating func lose(_ field: String, _ node: FileNode, _ reason: String) {
        losses.append(ImportFault(field: field, node: node, reason: reason))
    }

    /// Notes why the model cannot be in the book; the first reason stands.
    mutating func refuse(_ field: String, _ node: FileNode, _ reason: String) {
        if refusal == nil { refusal = ImportFault(field: field, node: node, reason: reason) }
    }

    /// The tariff in the price book's format; nil without any rate.
    func tariff(aliases: [String]) -> YAMLText? {
        var members: [(String, YAMLText)] = [("model", .string(name))]
        if !aliases.isEmpty { members.append(("aliases", .inlineList(aliases.map(YAMLText.string)))) }
        if let source { members.append(("source", .string(source))) }
        let ends = versions.dropFirst().map { Optional($0.from) } + [nil]
        var texts: [YAMLText] = []
        var wasGap = false
        for (version, end) in zip(versions, ends) {
            // A gap before the first version needs no word.
            defer { wasGap = !version.hasRates && !texts.isEmpty }
            if !version.hasRates { continue }
            let next = versions.first { $0.from == end }
            texts.append(version.yaml(isAfterGap: wasGap, until: next?.hasRates == false ? end : nil))
        }
        return texts.isEmpty ? nil : .block(members + [("versions", .list(texts))])
    }
}
