// Stored results as one page of HTML: heatmaps, tables, definitions, commands and versions, without
// anything from elsewhere.

import Foundation
import Interpretability
import JSONText
import Results

extension StoredReport {
  /// A page that is well-formed XML too. It opens offline, follows the reader's light or dark screen,
  /// and prints.
  func html() throws -> String {
    let name = xmlText(URL(filePath: file.path).lastPathComponent)
    let body = try [
      overview, comparisonSection, headSections, answerSections(), definitions, commands,
    ].joined(separator: "\n")
    return """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <title>\(name) · gar</title>
      <style>
      \(Self.styleSheet)
      </style>
      </head>
      <body>
      <header><h1>\(name)</h1>
      <p>\(runs.count) runs · gar \(Gar.version)</p></header>
      <main>
      \(body)
      </main>
      </body>
      </html>

      """
  }

  private func section(_ title: String, _ content: String) -> String {
    "<section>\n<h2>\(xmlText(title))</h2>\n\(content)\n</section>"
  }

  // MARK: Sections

  private var overview: String {
    var models = Table(["model", ">layers", ">heads", "content hash", "path"])
    var seen: Set<String> = []
    for run in runs where seen.insert(run.record.model.hash).inserted {
      let model = run.record.model
      models.add([
        model.name, "\(model.layerCount)", "\(model.headCount)", String(model.hash.prefix(16)),
        model.path,
      ])
    }
    return section("Runs", runTable.scrolling) + "\n" + section("Models", models.scrolling)
  }

  private var comparisonSection: String {
    guard let comparisonTable else { return "" }
    return section(
      "Agreement with exact effects",
      "<p>\(xmlText(Self.comparisonTitle)): Pearson's r between an estimate's scores and those of the "
        + "exact method on the same items.</p>\n" + comparisonTable.scrolling)
  }

  private var headSections: String {
    runs.compactMap { run in
      guard let heads = run.heads, let table = run.headTable(12) else { return nil }
      let left = run.record.isFinished ? "" : "<p>Not finished: \(xmlText(run.progress)).</p>\n"
      let map = heads.mean.svg(
        title: "mean of \(heads.itemCount) items", isEmbedded: true)
      return section(
        "Run \(run.record.id): \(run.fullTitle)",
        "<p>\(xmlText(run.record.model.name)), \(xmlText(run.record.setTitle)); effects on the logit "
          + "difference, in logits, with 95 % intervals of the mean.</p>\n\(left)"
          + "<div class=\"pair\"><figure>\(map)</figure>\n\(table.html)</div>")
    }.joined(separator: "\n")
  }

  private func answerSections() throws -> String {
    try runs.compactMap { run in
      guard let report = try run.evaluation(in: file) else { return nil }
      return section("Run \(run.record.id): \(run.fullTitle)", report.metricTable.scrolling)
    }.joined(separator: "\n")
  }

  private var definitions: String {
    var seen: Set<String> = []
    let entries = runs.compactMap { run -> String? in
      guard seen.insert(run.record.measure.method).inserted, let method = run.method else {
        return nil
      }
      return "<dt>\(xmlText(method.title))</dt><dd>\(xmlText(method.definition))</dd>"
    }
    return section("Methods", "<dl>\n\(entries.joined(separator: "\n"))\n</dl>")
  }

  private var commands: String {
    let rows = runs.map { run in
      let record = run.record
      return "<dt>Run \(record.id), \(xmlText(record.created)), \(xmlText(record.program))</dt>"
        + "<dd><pre>\(xmlText(record.command))</pre>"
        + "settings <code>\(xmlText(record.measure.settings))</code>; items "
        + "<code>\(record.setHash.prefix(16))</code>; model "
        + "<code>\(record.model.hash.prefix(16))</code></dd>"
    }
    return section("Commands", "<dl>\n\(rows.joined(separator: "\n"))\n</dl>")
  }

  // MARK: Style

  private static let styleSheet = """
    :root { color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff; --line: #d5d5d5;
      --faint: #666666; --p: rgb(33,102,172); --n: rgb(217,95,14); --u: #bebebe; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e4e4e4; --paper: #16181b;
      --line: #3a3d42; --faint: #a0a0a0; --p: rgb(96,165,230); --n: rgb(245,150,70);
      --u: #55585d; } }
    body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; color: var(--ink);
      background: var(--paper); font: 15px/1.5 system-ui, sans-serif; }
    h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
    header p, figure, dd { color: var(--faint); margin: 0; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.87rem; }
    th, td { padding: 0.2rem 0.7rem 0.2rem 0; text-align: left; white-space: nowrap;
      border-bottom: 1px solid var(--line); }
    th { color: var(--faint); font-weight: 600; }
    td.n, th.n { text-align: right; } td.inner { padding-left: 1.2rem; }
    .wide { overflow-x: auto; }
    .pair { display: flex; flex-wrap: wrap; gap: 2rem; align-items: flex-start; }
    figure { overflow-x: auto; max-width: 100%; }
    svg text { fill: currentColor; } rect.p { fill: var(--p); } rect.n { fill: var(--n); }
    rect.u { fill: var(--u); } svg rect { stroke: var(--line); stroke-width: 0.5; }
    dt { font-weight: 600; margin-top: 0.7rem; }
    pre { white-space: pre-wrap; color: var(--ink); margin: 0.2rem 0; }
    @media print { :root { --ink: #000000; --paper: #ffffff; --line: #bbbbbb; --faint: #444444;
      --p: rgb(33,102,172); --n: rgb(217,95,14); } body { font-size: 10pt; max-width: none; padding: 0; }
      section, tr, figure { break-inside: avoid; } h2 { break-after: avoid; } .wide { overflow: visible; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
    """
}

extension Table {
  /// As an element that scrolls by itself where it is wider than the page.
  fileprivate var scrolling: String { "<div class=\"wide\">\(html)</div>" }
}

extension SweepMethod {
  /// One or two sentences with the equation.
  fileprivate var definition: String {
    switch self {
    case .answers:
      "What the model says after the prompt, under teacher forcing. first: the likeliest token is the "
        + "answer's first; all: every answer token is the likeliest; whole: its article too; "
        + "candidates: the best of the answers that the item offers. Intervals are Wilson's, 95 %."
    case .attribution(.attributionPatching):
      "The first-order estimate of a head's patching effect: Σ over positions of (z clean − z "
        + "corrupted) · ∂m/∂z at the run that is patched (Nanda 2023; Syed et al. 2023)."
    case .attribution(.integratedGradients):
      "The same with the gradient averaged over inputs between the corrupted and the clean embeddings, "
        + "at k/n for k = 1…n (Hanna et al. 2024; Sundararajan et al. 2017)."
    case .attribution(.zeroBaseline):
      "The first-order estimate of a head's contribution against an output of zero: Σ z · ∂m/∂z of the "
        + "clean run. Its sign is opposite to ablation's."
    case .attribution(.directLogitAttribution):
      "A head's output projected on the logit difference, W_O · z against the unembedding, with the "
        + "final norm's scale as the run had it: what reaches the logits directly."
    case .attribution(.activationPatching):
      "The exact effect: m of a run in which one head's output z is the other run's, minus m of the run "
        + "(Meng et al. 2022; Wang et al. 2022)."
    case .attribution(.ablation):
      "The exact effect of setting one head's output z to zero everywhere: m without the head minus m."
    }
  }
}
