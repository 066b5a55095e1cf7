import { model } from 'lakesmith';

export default model({ key: 'id' });
