/** What time it is, as a dependency. */
export type Clock = () => Date;
