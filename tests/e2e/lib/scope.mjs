// A place for `t.after` that lasts for a whole file: what many tests share is started in
// before() with a Scope, and ended with it in after().
export class Scope {
  #ends = [];

  after(end) {
    this.#ends.unshift(end);
  }

  // Ends everything, also where one end fails, and then tells the first failure.
  async end() {
    const failures = [];
    for (const end of this.#ends) {
      try {
        await end();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
