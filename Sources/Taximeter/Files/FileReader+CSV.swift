extension FileReader {
    /// The records of a CSV text (RFC 4180) as mappings from the header's names; an empty field is none.
    func csvRecords(_ text: String) -> [FileNode] {
        var cutter = RowCutter(obeysQuotes: true, limit: 1 << 20)
        cutter.feed(Array(text.utf8))
        cutter.finish()
        var header: [String]?
        var records: [FileNode] = []
        while cutter.next() {
            guard let fields = csvFields(cutter.row, line: cutter.line, isTooLong: cutter.isTooLong) else { continue }
            guard let names = header else {
                header = fields.map { $0.text ?? "" }
                for (index, name) in fields.enumerated()
                where name.text == "" || header?[..<index].contains(name.text ?? "") == true {
                    report(name, expected: "a name for each column, each once")
                }
                continue
            }
            let record = FileNode(content: .mapping([]), line: cutter.line, column: 1, path: "")
            if fields.count != names.count {
                report(record, found: "\(fields.count) fields", expected: "\(names.count), as in the header")
                continue
            }
            let pairs = zip(names, fields).filter { $0.1.text != "" }.map { name, field in
                let key = FileNode(content: .text(name), line: field.line, column: field.column, path: name)
                return (
                    key: key,
                    value: FileNode(content: field.content, line: field.line, column: field.column, path: name)
                )
            }
            records.append(FileNode(content: .mapping(pairs), line: cutter.line, column: 1, path: ""))
        }
        if header == nil {
            report(
                FileNode(content: .text(""), line: 1, column: 1, path: ""), expected: "a header with the columns' names"
            )
        }
        return records
    }

    private func csvFields(_ row: Row, line: Int, isTooLong: Bool) -> [FileNode]? {
        var row = row
        do throws(RejectReason) {
            if isTooLong { throw RejectReason(.rowTooLong, expected: "at most 1048576 bytes") }
            try row.checkText()
            try CSVRecord.split(&row)
        } catch {
            report(
                FileNode(content: .text(""), line: line, column: 1, path: ""), found: error.code.name,
                expected: error.expected)
            return nil
        }
        return row.fields.map { range in
            FileNode(
                content: .text(String(decoding: row.bytes[range], as: UTF8.self)), line: line,
                column: min(range.lowerBound, row.rawCount) + 1, path: "")
        }
    }
}
