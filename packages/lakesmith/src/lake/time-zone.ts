/** Tables by path belong to no project, so that times without a zone are UTC. */
export const timezone = 'UTC';
