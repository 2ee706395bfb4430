import Foundation

// embed-text OUTPUT ROOT FILE...: writes a Swift file with each FILE as (its path from ROOT, its text).

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    FileHandle.standardError.write(Data("usage: embed-text OUTPUT ROOT FILE...\n".utf8))
    exit(2)
}
let root = arguments[2] + "/"
var swift = """
    /// Text files of the package, by path, in name order; made at build time.
    enum EmbeddedText {
        static let files: [(path: String, text: String)] = [

    """
for file in arguments.dropFirst(3) {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    // More hashes than the text has behind any quote, so that no byte of it can end the literal or escape.
    var hashes = "#"
    while text.contains("\"" + hashes) || text.contains("\\" + hashes) { hashes += "#" }
    let path = file.hasPrefix(root) ? String(file.dropFirst(root.count)) : file
    swift += "        (\"\(path)\", \(hashes)\"\"\"\n\(text)\n\"\"\"\(hashes)),\n"
}
swift += "    ]\n}\n"
try swift.write(toFile: arguments[1], atomically: true, encoding: .utf8)
