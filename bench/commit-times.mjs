const middle = (some) => [...some].sort((a, b) => a - b)[some.length >> 1];

/** Hears how long each commit took, and tells what they cost together, at the beginning and at the end. */
export function commitTimes() {
  const times = [];
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  return {
    took: (ms) => times.push(ms),
    told() {
      const wallMs = performance.now() - began;
      const { user, system } = process.cpuUsage(cpu);
      const tenth = Math.ceil(times.length / 10);
      return {
        commitsPerSecond: (times.length / wallMs) * 1000,
        cpuMs: (user + system) / 1000 / times.length,
        firstMs: middle(times.slice(0, tenth)),
        lastMs: middle(times.slice(-tenth)),
      };
    },
  };
}
