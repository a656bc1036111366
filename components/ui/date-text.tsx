import { useFormat } from './format';

/** A date in the viewer's locale and UTC, readable by machines too. */
export function DateText({
  value,
  style = 'long',
}: {
  value: Date | string;
  style?: 'long' | 'short' | 'day' | 'time';
}) {
  const format = useFormat();
  return (
    <time dateTime={typeof value === 'string' ? value : value.toISOString()}>
      {format.date(value, style)}
    </time>
  );
}
