/// Why an input could not be read, or an output not be written: the file, and what was wrong with it.
struct InputError: Error, CustomStringConvertible {
    let file: String
    let problem: String

    var description: String { "\(file): \(problem)" }
}
