import Foundation

extension EmbeddedCluster {
    /// Makes the cluster beside its place, and moves it there when it is whole: a command killed in the middle leaves
    /// only a folder that nobody takes for a cluster, removed here by the next.
    func initialise(_ layout: ClusterLayout) throws(ClusterError) {
        let programs = try ServerPrograms.find(version: nil, dataDirectory: layout.data, environment: environment)
        let files = FileManager.default
        let prefix = "data.new-"
        for leftover in ((try? files.contentsOfDirectory(atPath: layout.folder)) ?? []) where leftover.hasPrefix(prefix)
        {
            try? files.removeItem(atPath: layout.folder + "/" + leftover)
        }
        // Each its own name: an initdb that outlived its command must not write into ours.
        let new = "\(layout.folder)/\(prefix)\(UUID().uuidString)"
        do throws(ClusterError) {
            try fill(new, layout, programs)
        } catch {
            try? files.removeItem(atPath: new)
            throw error
        }
        do {
            try files.moveItem(atPath: new, toPath: layout.data)
        } catch {
            throw ClusterError(
                .initialisationFailed, "cannot move \(new) to \(layout.data): \(error.localizedDescription)")
        }
        if settings.syncsNewCluster { try run("/bin/sync", [layout.folder], layout) }
    }

    private func fill(_ new: String, _ layout: ClusterLayout, _ programs: ServerPrograms) throws(ClusterError) {
        try run(
            programs.path("initdb"),
            [
                "--pgdata", new, "--username", Self.user, "--auth", "trust", "--encoding", "UTF8", "--locale", "C",
                "--data-checksums", "--no-sync", "--no-instructions",
            ], layout)
        // Whoever gets through the socket's private directory is trusted, and nobody else has a way in.
        try layout.account.write("local all all trust\nlocal replication all trust\n", to: new + "/pg_hba.conf")
        let configuration = new + "/postgresql.conf"
        guard let defaults = try? String(contentsOfFile: configuration, encoding: .utf8) else {
            throw ClusterError(.initialisationFailed, "cannot read \(configuration)")
        }
        try layout.account.write(defaults + "\ninclude '\(Self.settingsFile)'\n", to: configuration)
        if settings.syncsNewCluster {
            try run(programs.path("initdb"), ["--pgdata", new, "--sync-only"], layout)
        }
    }

    private func run(_ program: String, _ arguments: [String], _ layout: ClusterLayout) throws(ClusterError) {
        let outcome = try layout.account.command(program, arguments).run()
        if !outcome.succeeded {
            throw ClusterError.storage(
                .initialisationFailed, "cannot make a cluster in \(layout.folder): \(program) failed",
                at: layout.folder + "/data", log: outcome.lastLines)
        }
    }
}
