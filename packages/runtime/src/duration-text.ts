const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** A duration for people: two units at most, such as `3 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < minute) return `${whole} s`;
  if (whole < hour) return `${Math.floor(whole / minute)} min`;
  if (whole < day) return twoUnits(whole, hour, 'h', minute, 'min');
  return twoUnits(whole, day, 'd', hour, 'h');
}

function twoUnits(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small);
  const first = `${Math.floor(seconds / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}
