/** NODEPOOL_OPENSTACK_FULL=1 runs the tests at the sizes and lengths that a release is measured by. */
export const full = process.env['NODEPOOL_OPENSTACK_FULL'] === '1';
