/** Memory for fetched batches, shared by the partitions that are compared together. */
export interface VerifyMemory {
  /** The share of one partition, until it leaves. */
  join(): MemoryShare;
  /** The most that was taken at one time, in bytes. */
  readonly takenMax: number;
}

export interface MemoryShare {
  /** Waits until so many bytes fit. The partition that joined first of those at work never waits, so one always goes on. */
  take(bytes: number): Promise<void>;
  /** Takes them if they fit. */
  tryTake(bytes: number): boolean;
  /** Takes what has come already, whether it fits or not. */
  takeArrived(bytes: number): void;
  release(bytes: number): void;
  /** Gives back all that it still holds. */
  leave(): void;
}

interface Member {
  held: number;
}

interface Waiting {
  readonly member: Member;
  readonly bytes: number;
  readonly goOn: () => void;
}

export function createMemory(bytesMax: number): VerifyMemory {
  const members: Member[] = [];
  let waiting: Waiting[] = [];
  let taken = 0;
  let takenMax = 0;

  function add(member: Member, bytes: number): void {
    member.held += bytes;
    taken += bytes;
    takenMax = Math.max(takenMax, taken);
  }

  function mayTake(member: Member, bytes: number): boolean {
    return taken + bytes <= bytesMax || member === members[0];
  }

  function wake(): void {
    waiting = waiting.filter(({ member, bytes, goOn }) => {
      if (!mayTake(member, bytes)) return true;
      add(member, bytes);
      goOn();
      return false;
    });
  }

  return {
    join() {
      const member: Member = { held: 0 };
      members.push(member);
      return {
        take(bytes) {
          return new Promise((goOn) => {
            waiting.push({ member, bytes, goOn });
            wake();
          });
        },
        tryTake(bytes) {
          if (waiting.length > 0 || taken + bytes > bytesMax) return false;
          add(member, bytes);
          return true;
        },
        takeArrived(bytes) {
          add(member, bytes);
        },
        release(bytes) {
          add(member, -bytes);
          wake();
        },
        leave() {
          members.splice(members.indexOf(member), 1);
          add(member, -member.held);
          wake();
        },
      };
    },
    get takenMax() {
      return takenMax;
    },
  };
}
