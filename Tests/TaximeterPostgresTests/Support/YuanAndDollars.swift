import Taximeter
import TaximeterPostgres
import TestKit

extension TestDatabase {
    /// A price book in yuan, and a node that costs 16 dollars an hour from 10:00 to 12:00 on 2025-03-10.
    func loadYuanPricesAndDollarCosts() throws {
        _ = try store.load(
            PriceBook.parse(
                """
                price_book: list-cny
                currency: CNY
                tariffs:
                  - model: model-a
                    versions: [{from: 2025-01-01T00:00:00Z, rates: {output: "16"}}]
                """, file: "cny.yaml"))
        _ = try store.load(
            CostFile.parse(
                """
                pools:
                  - name: p
                    gpu: H800
                    gpus_per_node: 8
                    rates: [{from: "2025-01-01T00:00:00Z", per_gpu_hour: "2", currency: USD}]
                occupancy:
                  - {pool: p, from: "2025-03-10T10:00:00Z", until: "2025-03-10T12:00:00Z", nodes: 1}
                """, file: "costs.yaml"))
    }
}
