/// The version of this library, by semantic versioning.
public let taximeterVersion = "0.1.0"
