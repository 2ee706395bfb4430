internal import Yams

/// A value in a file, with its place.
struct FileNode: Sendable {
    /// What the value is.
    indirect enum Content: Sendable {
        case text(String)
        case list([FileNode])
        case mapping([(key: FileNode, value: FileNode)])
        /// Something that has been reported already.
        case refused
    }

    /// The value.
    let content: Content
    /// The line, from 1.
    let line: Int
    /// The column, from 1.
    let column: Int
    /// The keys that lead to it.
    let path: String
}

/// A YAML document as a tree of places and texts. Nothing is given a type: a price keeps its exact digits.
///
/// Anchors, aliases and tags are refused: in a price list, what is read must be what stands there.
struct YAMLSource {
    /// The document, or nil when it cannot be read at all.
    private(set) var root: FileNode?
    /// What is wrong with it as YAML.
    private(set) var diagnostics: [Diagnostic] = []
    private let file: String

    /// Deeper than any valid file.
    private static let maximumDepth = 32

    init(_ text: String, file: String) {
        self.file = file
        var text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        // Yams stops at the first key that is there twice. The key is noted and hidden, so that the rest is read too.
        for count in 0... {
            do {
                let parser = try Parser(yaml: text, resolver: .basic)
                let node = try parser.singleRoot()
                // A node's anchor is there only as long as its parser.
                withExtendedLifetime(parser) {
                    guard let node else { return report(1, 1, "", "an empty document", "a mapping") }
                    root = convert(node, path: "", depth: 0)
                }
                return
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let key = keys.first ?? ""
                report(context.mark.line, context.mark.column, key, "the key \"\(clipped(key))\" twice", "it once")
                guard let hidden = HiddenKey.hide(key, at: context.mark, in: text, count: count) else { return }
                text = hidden
            } catch {
                report(error)
                return
            }
        }
    }

    private mutating func report(_ line: Int, _ column: Int, _ key: String, _ found: String, _ expected: String) {
        diagnostics.append(
            Diagnostic(
                file: file, line: line, column: column, key: key, found: found, expected: expected, suggestion: nil))
    }

    /// Says where and why the text is not YAML.
    private mutating func report(_ error: any Error) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            report(mark.line, mark.column, "", "a syntax error (\(problem))", "YAML or JSON")
        case YamlError.reader(let problem, let offset, _, let yaml):
            let before = yaml.prefix(offset ?? 0)
            let column = before.split(separator: "\n", omittingEmptySubsequences: false).last?.unicodeScalars.count ?? 0
            report(before.count { $0.isNewline } + 1, column + 1, "", "unreadable text (\(problem))", "YAML or JSON")
        default:
            report(1, 1, "", "unreadable text", "YAML or JSON")
        }
    }

    private mutating func convert(_ node: Node, path: String, depth: Int) -> FileNode {
        let (line, column) = (node.mark?.line ?? 1, node.mark?.column ?? 1)
        var content = FileNode.Content.refused
        if let (found, expected) = objection(to: node, depth: depth) {
            report(line, column, path, found, expected)
        } else if let text = node.scalar?.string {
            content = .text(text)
        } else if let items = node.sequence {
            content = .list(
                items.enumerated().map { convert($0.element, path: "\(path)[\($0.offset)]", depth: depth + 1) })
        } else if let pairs = node.mapping {
            content = .mapping(pairs.compactMap { convert($0.key, $0.value, path: path, depth: depth + 1) })
        }
        return FileNode(content: content, line: line, column: column, path: path)
    }

    /// What a node has that no file must have.
    private func objection(to node: Node, depth: Int) -> (found: String, expected: String)? {
        if node.anchor != nil { return ("an anchor or alias", "the value written out") }
        if depth > Self.maximumDepth {
            return ("a value \(depth) levels deep", "at most \(Self.maximumDepth) levels")
        }
        let tag = node.tag.description
        let plainTags: [Tag.Name] = [.str, .seq, .map]
        return plainTags.contains { $0.rawValue == tag } ? nil : ("the tag \(clipped(tag))", "no tag")
    }

    private mutating func convert(
        _ key: Node, _ value: Node, path: String, depth: Int
    ) -> (key: FileNode, value: FileNode)? {
        let name = key.scalar?.string ?? ""
        if HiddenKey.isHidden(name) { return nil }
        let keyNode = convert(key, path: path, depth: depth)
        if key.scalar == nil { report(keyNode.line, keyNode.column, path, "a key that is not text", "a name") }
        return (keyNode, convert(value, path: (path.isEmpty ? "" : path + ".") + clipped(name), depth: depth))
    }
}
