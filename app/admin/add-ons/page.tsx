import { one } from '../context';
import { ExtrasPage, extrasMetadata } from '../extras/extras-page';

export const generateMetadata = () => extrasMetadata('add_on');

export default async function AddOnsPage({ searchParams }: PageProps<'/admin/add-ons'>) {
  return <ExtrasPage kind="add_on" platform={one((await searchParams).platform)} />;
}
