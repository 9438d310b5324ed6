/** Code of the page that could not be fetched: the server is away, or has a newer page. */
export class MissingPart extends Error {
  constructor(cause: unknown) {
    super('a part of the page is missing', { cause })
    this.name = 'MissingPart'
  }
}
