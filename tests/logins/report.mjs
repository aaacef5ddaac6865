// What passed and what did not.

const COLUMNS = ["flow", "client", "mode", "result"];

export class Report {
  #rows = [];
  #wanted;

  /** `wanted` is a part of the rows that are to be run; all are, if it is absent. */
  constructor(wanted) {
    this.#wanted = wanted;
  }

  /** Runs a flow, whose failure does not keep others from running. */
  async run(flow, client, mode, act) {
    if (!this.#wants(flow, client, mode)) return;
    try {
      await act();
      this.#add(flow, client, mode, "passed");
    } catch (error) {
      this.#add(flow, client, mode, "FAILED");
      console.error(`${flow} | ${client} | ${mode}:\n${error.stack}\n`);
    }
  }

  skip(flow, client, mode, reason) {
    if (this.#wants(flow, client, mode)) this.#add(flow, client, mode, `skipped: ${reason}`);
  }

  /** Prints the table; gives whether nothing failed. */
  finish() {
    const rows = [COLUMNS, ...this.#rows];
    const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    console.log();
    for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join(" | ").trimEnd());
    const count = (start) => this.#rows.filter((row) => row[3].startsWith(start)).length;
    console.log(`\n${count("passed")} passed, ${count("FAILED")} failed, ${count("skipped")} skipped`);
    return count("FAILED") === 0 && count("passed") > 0;
  }

  #wants(...row) {
    return !this.#wanted || row.join(" | ").includes(this.#wanted);
  }

  #add(...row) {
    this.#rows.push(row);
    console.log(`${row[3].padEnd(8)} ${row.slice(0, 3).join(" | ")}`);
  }
}
