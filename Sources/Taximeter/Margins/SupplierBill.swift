/// What a supplier billed for GPUs: a line a pool or GPU type and a time within a month.
///
/// docs/reconcile.md has the format of the file.
public struct SupplierBill: Sendable, Hashable {
    /// Lines of the same GPUs, time and currency, added up.
    public struct Line: Sendable, Hashable {
        /// The pool; nil where the line is of a GPU type, or of all.
        public let pool: Identifier?
        /// The GPU type; nil where the line is of a pool, or of all.
        public let gpu: Identifier?
        /// The time, in whole UTC hours within one month.
        public let span: Range<Instant>
        /// GPU-hours, in units of 10⁻¹⁸; nil where they are not told.
        public fileprivate(set) var hours: Int128?
        /// What was billed; nil where that is not told.
        public fileprivate(set) var amount: Money?
        /// How far off both may be.
        public let tolerance: ExpectedFigure.Tolerance
        /// The invoice, or the file.
        public let source: String
    }

    /// In the order of the file.
    public private(set) var lines: [Line]

    /// Reads a supplier's bill from CSV.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> SupplierBill {
        let reader = FileReader(file: file, diagnostics: [])
        var lines: [Line] = []
        for record in reader.csvRecords(text) {
            reader.billLine(record, file: file).map { lines.append($0) }
            // Another kind of file is told by its first record alone.
            if record.members.contains(where: { !FileReader.billKeys.contains($0.name) }) { break }
        }
        return try SupplierBill(lines, reader)
    }

    /// Reads what a supplier billed from a FOCUS cost file: the GPU-hours and the effective cost of its usage, by pool and
    /// month; how its rows are read is as for ``CostImport/focus(_:file:)``.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public static func focus(_ text: String, file: String, _ costImport: CostImport) throws(FileErrors) -> SupplierBill
    {
        let reader = FileReader(file: file, diagnostics: [])
        let (rows, gpus) = costImport.focusRows(text, reader)
        let scale: Int128 = 1_000_000_000
        let lines = rows.compactMap { row -> Line? in
            let month = BillingPeriod(containing: row.period.lowerBound)
            if row.period.upperBound > month.end {
                reader.report(
                    row.node, missing: "ChargePeriodEnd", found: "\(row.period.upperBound)",
                    expected: "a time within one month")
            }
            return Line(
                pool: row.interval.pool, gpu: nil, span: month.start..<month.end,
                hours: row.hours * Int128(gpus) * scale, amount: row.cost, tolerance: .none, source: file)
        }
        return try SupplierBill(lines, reader)
    }

    private init(_ lines: [Line], _ reader: FileReader) throws(FileErrors) {
        self.lines = []
        if reader.diagnostics.isEmpty, lines.isEmpty {
            reader.report(
                FileNode(content: .text(""), line: 1, column: 1, path: ""), found: "no line", expected: "at least one")
        }
        for line in lines { add(line, reader) }
        if !reader.diagnostics.isEmpty { throw FileErrors(reader.diagnostics) }
    }

    private mutating func add(_ line: Line, _ reader: FileReader) {
        let same = lines.firstIndex { other in
            other.pool == line.pool && other.gpu == line.gpu && other.span == line.span
                && (other.amount?.currency == line.amount?.currency)
                && (other.hours == nil) == (line.hours == nil) && other.tolerance == line.tolerance
        }
        guard let same else { return lines.append(line) }
        let old = lines[same]
        let amount: Money?? = if let one = old.amount, let other = line.amount { try? one + other } else { .some(nil) }
        let (hours, overflow) = (old.hours ?? 0).addingReportingOverflow(line.hours ?? 0)
        guard let amount, !overflow else {
            reader.report(
                FileNode(content: .text(""), line: 1, column: 1, path: ""), found: "lines that come to more",
                expected: "a sum that fits")
            return
        }
        let sources = old.source.split(separator: ", ").map(String.init)
        lines[same] = Line(
            pool: old.pool, gpu: old.gpu, span: old.span, hours: old.hours == nil ? nil : hours, amount: amount,
            tolerance: old.tolerance,
            source: sources.contains(line.source) || sources.count > 3 ? old.source : old.source + ", " + line.source)
    }
}

extension SupplierBill.Line {
    /// The line's GPU-hours and its amount, as figures to be compared.
    public var figures: [ExpectedFigure] {
        func figure(_ kind: ExpectedFigure.Kind, _ value: Int128, _ currency: Currency?) -> ExpectedFigure {
            ExpectedFigure(
                kind: kind, value: value, from: span.lowerBound, until: span.upperBound, model: nil, pool: pool,
                gpu: gpu, currency: currency, tolerance: tolerance, source: source)
        }
        return (hours.map { [figure(.gpuHours, $0, nil)] } ?? [])
            + (amount.map { [figure(.gpuCost, $0.units, $0.currency)] } ?? [])
    }
}

extension FileReader {
    /// Columns of a bill.
    static let billKeys = [
        "invoice", "month", "from", "until", "pool", "gpu", "gpu_hours", "amount", "currency", "tolerance",
    ]

    /// A record: `invoice,month,pool,gpu_hours,amount,currency`.
    fileprivate func billLine(_ record: FileNode, file: String) -> SupplierBill.Line? {
        guard let members = fields(record, keys: Self.billKeys) else { return nil }
        let span = billSpan(record, members)
        let hours = decimal(members["gpu_hours"])
        let currency = value(members["currency"], expected: "an ISO 4217 currency code") { Currency(code: $0) }
        let units = decimal(members["amount"])
        if members["gpu_hours"] == nil, members["amount"] == nil {
            report(record, missing: "gpu_hours", found: "nothing", expected: "gpu_hours, or amount, or both")
        }
        if members["amount"] != nil, members["currency"] == nil {
            report(record, missing: "currency", found: "nothing", expected: "the currency of the amount")
        }
        if members["pool"] != nil, let gpu = members["gpu"] { report(gpu, expected: "either pool or gpu") }
        let tolerance = value(members["tolerance"], expected: "a decimal such as 1575, or a percentage such as 0.1%") {
            ExpectedFigure.Tolerance($0)
        }
        guard let span else { return nil }
        return SupplierBill.Line(
            pool: identifier(members["pool"]), gpu: identifier(members["gpu"]), span: span, hours: hours,
            amount: units.flatMap { units in currency.map { Money(units: units, $0) } }, tolerance: tolerance ?? .none,
            source: members["invoice"]?.text ?? file)
    }

    private func billSpan(_ record: FileNode, _ members: Fields) -> Range<Instant>? {
        if let node = members["month"] {
            for key in ["from", "until"] {
                if let other = members[key] { report(other, expected: "either month, or from and until") }
            }
            return value(node, expected: "a month, such as 2025-02") { BillingMonth($0) }
                .map { $0.firstDay.startUTC..<$0.firstDayAfter.startUTC }
        }
        let from = hour(required(members, "from", expected: "a month, or from and until"))
        let until = hour(required(members, "until", expected: "a month, or from and until"))
        guard let from, let until else { return nil }
        guard from < until, until <= BillingPeriod(containing: from).end else {
            report(record, missing: "until", found: "\(until)", expected: "an hour after \(from), in the same month")
            return nil
        }
        return from..<until
    }
}
