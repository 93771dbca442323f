// Mounts the player; the scenes it can play.

function sceneOf(header, blobs) {
  const palette = blobs[3];
  if (header.scene === "signal") return new SignalScene(new SignalModel(blobs), header, palette);
  const scene = header.view === "matrix" ? MatrixScene : GridScene;
  return new scene(new LayerModel(header, blobs), header, palette);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const player = (parentElement.player ??= new Player(parentElement));
  player.receive(unpack(data), setTriggerValue);
  return () => {
    if (parentElement.isConnected) return; // only new data
    player.destroy();
    delete parentElement.player;
  };
}
