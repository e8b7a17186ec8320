/** Thrown for an operation or option that Drishti does not have: the case is skipped with this reason, never passed. */
export class NotBuilt extends Error {}
