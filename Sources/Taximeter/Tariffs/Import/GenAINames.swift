/// The names by which genai-prices finds a model.
///
/// It matches by rules, without regard to capitals; a price book's names are exact. So `equals` becomes a name, and a
/// rule that stands for many names is noted.
enum GenAINames {
    /// Adds the names of a model's `match`, each with the provider before it where the book has several.
    static func add(to model: inout ImportedModel, match: FileNode?, prefix: String) {
        guard let match else { return }
        add(to: &model, clause: match, prefix: prefix)
    }

    private static func add(to model: inout ImportedModel, clause: FileNode, prefix: String) {
        for (rule, value) in clause.members {
            switch rule {
            case "equals":
                if let text = value.text { model.aliases.append((prefix + text, value)) }
            case "or":
                for item in value.items { add(to: &model, clause: item, prefix: prefix) }
            default:
                let shown = value.text.map { "\(rule) \"\(clipped($0))\"" } ?? rule
                model.lose("match", value, "\(shown) stands for many names")
            }
        }
    }
}
