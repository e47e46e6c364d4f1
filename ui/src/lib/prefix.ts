/** What the names of all documents that the browser keeps for us begin with: the program, and the version of their form. */
export const PREFIX = "llamaswap.v1.";
