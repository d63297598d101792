/**
 * What agents and servers say to one another. Raised by one whenever an agent of before could not be understood any more;
 * then both sides refuse, and say so.
 */
export const agentProtocol = 2

/** An agent says that it is there, and is given another stamp. */
export const helloEveryMs = 30_000

/** An agent asks for work, and the server keeps the question so long at most when there is none. */
export const longestLeaseWaitMs = 25_000
