// One pendulum trajectory, drawn and compressed, with the installed libraries.
#include <cstdio>
#include <dataset/files/deflate.hpp>
#include <render/frame_renderer.hpp>
#include <simulators/registry.hpp>
#include <simulators/trajectory.hpp>

using namespace hamgen;

int main() {
  const auto& pendulum = simulators::find_system("pendulum");
  auto fields = simulators::Simulation::fields();
  for (const auto& group : {pendulum.fields, simulators::Look::fields(), render::Canvas::fields()})
    fields.insert(fields.end(), group.begin(), group.end());
  fields.push_back(schemas::integer("seed", 0, "", "seed of every random number"));
  const schemas::Settings settings(fields);

  const simulators::Simulation simulation(pendulum, settings);
  const auto trajectory = simulation.trajectory(simulators::Split::train, 0);
  const auto canvas = render::Canvas::from(settings);
  simulators::Scene scene;
  scene.view = trajectory.view;
  simulation.show(trajectory.parameters, {trajectory.q.data(), 1}, {trajectory.p.data(), 1}, scene);
  std::vector<std::uint8_t> frame(canvas.frame_bytes());
  render::FrameRenderer(canvas).render(scene, frame);
  const auto compressed = dataset::Deflater(1).compress(frame);
  std::printf("energy drift %.1e, frame of %zu bytes deflated to %zu\n", trajectory.energy_drift,
              frame.size(), compressed.size());
  return trajectory.energy_drift < 1e-11 && compressed.size() < frame.size() / 4 ? 0 : 1;
}
