/// Prices were loaded while a job was at work: what it has done stands, and it begins again with the new ones.
struct PricesChanged: Error {}
