// Mounts the stage.

export default function ({ data, parentElement }) {
  const stage = (parentElement.stage ??= new Stage(parentElement));
  stage.receive(unpack(data));
  return () => {
    if (parentElement.isConnected) return; // only new data
    stage.destroy();
    delete parentElement.stage;
  };
}
