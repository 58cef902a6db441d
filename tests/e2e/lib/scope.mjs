// A place for `t.after` that lasts for a whole file: what many tests share is started in
// before() with a Scope, and ended with it in after().
export class Scope {
  #ends = [];

  after(end) {
    this.#ends.unshift(end);
  }

  async end() {
    for (const end of this.#ends) await end();
  }
}
